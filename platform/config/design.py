"""Made-up figures for the component page (/design/): what each component is given there."""

from typing import Any

SAMPLE: dict[str, Any] = {
    "crumbs": [("Projects", "#"), ("Customer service", "")],
    "tabs": [
        {"title": "Overview", "href": "#", "current": True},
        {"title": "Items", "href": "#", "count": 240},
        {"title": "Review", "href": "#", "count": 7},
    ],
    "steps": [
        {"title": "Task", "href": "#", "state": "done"},
        {"title": "Fields", "href": "#", "state": "current"},
        {"title": "Quality", "state": ""},
        {"title": "Budget", "state": ""},
    ],
    "columns": [
        {"title": "Label"},
        {"title": "precision", "numeric": True},
        {"title": "F1", "numeric": True},
        {"title": "State"},
    ],
    "rows": [
        [
            {"text": "question", "href": "#"},
            {"text": "0.884", "numeric": True},
            {"text": "0.898", "numeric": True},
            {"text": "approved", "tone": "good"},
        ],
        [
            {"text": "answer", "href": "#"},
            {"text": "0.851", "numeric": True},
            {"text": "0.844", "numeric": True},
            {"text": "in review", "tone": "warn"},
        ],
    ],
    "facts": [("Snapshot", "9f3c, 61 people"), ("Device", "CPU"), ("Started", "12:03")],
    "turns": [
        {
            "speaker": "Customer",
            "parts": [
                {"text": "Hi, I ordered a kettle. "},
                {"text": "When will it arrive?", "label": "question", "color": 1},
            ],
        },
        {
            "speaker": "Agent",
            "other": True,
            "parts": [{"text": "On Thursday.", "label": "answer 0.91", "color": 2, "suggested": True}],
        },
        {"speaker": "Customer", "text": "好的，谢谢你。"},
    ],
    "figure": {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": "dev F1",
                "x": [0, 1, 2, 3],
                "y": [0.2, 0.7, 0.83, 0.87],
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": "loss",
                "x": [0, 1, 2, 3],
                "y": [0.9, 0.5, 0.3, 0.25],
            },
        ],
        "layout": {"xaxis": {"title": {"text": "epoch"}}},
    },
    "chart_columns": [
        {"title": "epoch"},
        {"title": "dev F1", "numeric": True},
        {"title": "loss", "numeric": True},
    ],
    "chart_rows": [
        ["0", "0.20", "0.90"],
        ["1", "0.70", "0.50"],
        ["2", "0.83", "0.30"],
        ["3", "0.87", "0.25"],
    ],
}
