"""What the tables of this application hold about people."""

from privacy.inventory import declare


def declare_all() -> None:
    declare(
        "social_content.Post",
        persons="author subject",
        content="text vector",
        nothing={
            "key": "the caller's own id of the post",
            "label": "the name of a label",
            "prediction": "the id of a prediction",
            "tongues": "names of languages and scripts",
        },
    )
    declare("social_content.Person", persons="person subject", words="interests")
    declare(
        "social_content.Floor",
        persons="asked_by",
        nothing={
            "scores": "figures over held-out posts",
            "tongues": "names of languages and scripts",
            "claim": "drawn anew by whoever works on the row",
            "reason": "what a program said that could not go on",
        },
    )
    declare("social_content.Objection", words="words")
    declare(
        "social_content.Decision",
        persons="moderator",
        words="reason",
        nothing={"label": "the name of a label"},
    )
    declare("social_content.Shown", nothing={"prediction": "the id of a prediction"})
