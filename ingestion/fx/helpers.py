"""The wide file as long rows, and its download."""

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import pyarrow as pa

from environment.databases import session
from environment.errors import MusterError
from ingestion.answers import bounded
from ingestion.readers import Block, FileFaultError

HEADER = ("rate_on", "currency", "rate")
DOWNLOAD_SECONDS = 60
MOST_BYTES = 64 << 20

_LONG = """
with wide as (
    select
        line,
        text,
        problem,
        fields,
        problem is null and len(fields) = $width
            and regexp_full_match(trim(fields[1]), '\\d{4}-\\d{2}-\\d{2}')
            as is_readable
    from rows
),

cells as (
    select
        line,
        trim(fields[1]) as rate_on,
        unnest($currencies) as currency,
        trim(unnest(fields[2:])) as rate
    from wide
    where is_readable
)

select
    line,
    cast(rate_on || ',' || currency || ',' || rate as varchar) as text,
    [rate_on, currency, rate] as fields,
    case when try_cast(rate as double) <= 0 then 'rate is not above zero' end as problem
from cells
where currency <> '' and rate not in ('', 'N/A')
union all
select
    line,
    text,
    [trim(fields[1]), '', ''] as fields,
    case
        when problem is not null then problem
        when len(fields) <> $width
            then 'has ' || len(fields) || ' fields, the header ' || $width
    end as problem
from wide
where not is_readable
order by line
"""


def is_header(header: Sequence[str]) -> bool:
    """Whether names are `Date` and currency codes."""
    codes = [name for name in header[1:] if re.fullmatch("[A-Z]{3}", name)]
    return bool(codes) and header[0].lower() == "date"


def long_rates(header: tuple[str, ...], rows: pa.Table) -> Block:
    """One row per date and currency that has a rate; `N/A` and blanks are no rates.

    A row whose date cannot be read stays one row, to be rejected as such.

    Raises:
        FileFaultError: The header is not `Date` and currency codes.
    """
    if not header or header[0].lower() != "date":
        raise FileFaultError("the header does not begin with Date")
    currencies = list(header[1:])
    wrong = [c for c in currencies if c and not re.fullmatch("[A-Z]{3}", c)]
    if wrong or not any(currencies):
        raise FileFaultError(
            f"the header names {', '.join(wrong) or 'no currency'}, not a currency"
        )
    twice = sorted({c for c in currencies if c and currencies.count(c) > 1})
    if twice:
        raise FileFaultError(f"the header names {', '.join(twice)} twice")
    with session() as connection:
        connection.register("rows", rows)
        long = connection.execute(
            _LONG, {"width": len(header), "currencies": currencies}
        ).to_arrow_table()
    return Block(HEADER, long)


def download(url: str, target: Path) -> bool:
    """Fetch a rates file, plain or as a zip of one, unless it is the one we have.

    Returns:
        Whether `target` changed.

    Raises:
        MusterError: It cannot be fetched, or is no such file.
    """
    from dlt.sources.helpers.requests import Client
    from requests.exceptions import RequestException

    try:
        answer = bounded(Client().session).get(url, timeout=DOWNLOAD_SECONDS)
        answer.raise_for_status()
    except RequestException as error:
        raise MusterError(
            f"fx: cannot fetch sources.fx.url ({type(error).__name__}); try again"
        ) from None
    content = _unzipped(answer.content)
    if target.exists() and target.read_bytes() == content:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{uuid4().hex}.part")
    part.write_bytes(content)
    part.replace(target)
    return True


def _unzipped(content: bytes) -> bytes:
    if not content.startswith(b"PK\x03\x04"):
        return content
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        with archive.open(archive.namelist()[0]) as packed:
            content = packed.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, IndexError):
        raise MusterError(
            "fx: sources.fx.url delivered a damaged zip; try again"
        ) from None
    if len(content) > MOST_BYTES:
        raise MusterError(
            f"fx: sources.fx.url delivered a zip of more than {MOST_BYTES:,} bytes,"
            " and no rates file has that many"
        )
    return content
