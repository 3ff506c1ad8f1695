"""The kinds of personal data in people's words: those of the template that teaches them."""

from tasks_app.gallery import catalogue as gallery

TEMPLATE = "find-personal-data"
FIELD = "personal_data"


def kind_choices(language: str) -> list[tuple[str, str]]:
    """(kind, what it is called), the most frequent ones first."""
    title = "title_zh" if language.startswith("zh") else "title"
    labels = gallery.template(TEMPLATE).fields[0]["labels"]
    return [(label["name"], label[title]) for label in labels]
