from rest_framework.pagination import CursorPagination


class ById(CursorPagination):
    """Newest first. Ids are time-ordered, so one index serves both order and cursor."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


class ByPosition(ById):
    ordering = "position"
