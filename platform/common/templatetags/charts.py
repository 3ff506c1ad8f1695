from typing import Any

from django import template

from common.charts import Figure, Table, keep_table, table_of

register = template.Library()


@register.simple_tag(takes_context=True)
def chart_table(
    context: Any, chart: str, figure: Figure, columns: list[Any] | str, rows: list[Any] | str
) -> dict[str, Any]:
    """The table behind a chart, as given or as drawn, and the address of its file."""
    if isinstance(columns, list) and isinstance(rows, list) and columns and rows:
        table = Table(list(columns), list(rows))
    else:
        table = table_of(figure)
    # "include … only" hides the page's variables; the request itself stays with the context.
    request = getattr(context, "request", None)
    return {"table": table, "csv": keep_table(request, chart, table) if request else ""}
