"""What each part of an analysis shows on its page, by name."""

from training import cleaning_page, collected_page, label_errors_page
from training.analysis_page import Show

SHOWN: dict[str, Show] = {
    "cleaning": cleaning_page.show,
    "label_errors": label_errors_page.show,
    **collected_page.SHOWS,
}
