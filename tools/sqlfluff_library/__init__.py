"""What dbt knows in Jinja, for sqlfluff.

Models are linted as they are rendered, with what macros emit, without dbt and without a
warehouse: `sqlfluff lint FILE`, `sqlfluff fix FILE` and editors work in a fresh clone.
Every public name is one in Jinja. sqlfluff runs this for each file that it lints, so
what takes time stands in `tools.rendering`.
"""

from tools import rendering

globals().update(rendering.models_names())
