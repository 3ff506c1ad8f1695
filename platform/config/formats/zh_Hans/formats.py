"""Chinese pages group digits by three, with a comma (CLDR, zh: #,##0.###); Django's own file groups none."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
