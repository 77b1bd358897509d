"""What a file of reference rates holds, in the format of the ECB's history."""

from ingestion.columns import Column
from ingestion.fx.helpers import is_header, long_rates
from ingestion.landing import FileResource

FILE_NAME = "eurofxref-hist.csv"

REFERENCE_RATES = FileResource(
    name="reference_rates",
    pattern="eurofxref*",
    format="csv",
    delimiter=",",
    columns=(
        Column("rate_on", "date", required=True),
        Column("currency", required=True),
        Column("rate", "decimal(18,6)", required=True),
    ),
    unpivot=long_rates,
    is_wide_header=is_header,
    key=("rate_on", "currency"),
)

TABLES = {REFERENCE_RATES.name: REFERENCE_RATES.table}
