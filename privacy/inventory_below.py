"""What the tables below privacy, and those of Django and allauth, hold about people."""

from privacy.inventory import declare, declare_empty

_KEY = "a key that was chosen by a program"


def declare_all() -> None:
    declare(
        "accounts.User",
        persons="id email display_name",
        words="display_name",
        nothing={
            "password": "a salted hash; replaced by an unusable one",
            "languages": "codes of languages; emptied with the account",
            "time_zone": "the name of a zone; emptied with the account",
        },
    )
    declare("accounts.Membership", persons="user", nothing={"scope": "the id of a project"})
    declare(
        "accounts.ApiToken",
        persons="user name",
        nothing={
            "digest": "of a random token; the row goes with the person",
            "prefix": "of a random token; the row goes with the person",
            "scopes": "names of rights",
        },
    )
    declare(
        "accounts.Notification",
        persons="user",
        words="data",
        nothing={"url": "a path of this site", "kind": "a code"},
    )
    declare("accounts.NotificationPreference", persons="user")
    declare("account.EmailAddress", persons="user email")
    declare("account.EmailConfirmation", persons="email_address key")
    declare("mfa.Authenticator", persons="user data")
    declare("socialaccount.SocialAccount", persons="user uid extra_data", nothing={"provider": _KEY})
    declare("socialaccount.SocialToken", persons="account token token_secret")
    declare_empty("socialaccount.SocialApp", "settings of a provider, and no person's")
    declare("usersessions.UserSession", persons="user ip session_key user_agent data")
    declare("admin.LogEntry", persons="user object_id object_repr change_message")
    declare("sessions.Session", persons="session_key session_data")
    declare(
        "common.IdempotencyRecord",
        persons="owner key body",
        nothing={"request_hash": "of a whole request; kept for a day"},
    )
    declare(
        "common.AuditEvent",
        persons="actor",
        nothing={
            "action": "the name of an operation",
            "target": "a row's id",
            "target_type": "the name of a table",
            "data": "holds no text and no name, by rule; the log is chained and kept on a legal ground; an id"
            " in it names nobody once the account is emptied",
        },
    )
    declare("common.AuditNote", words="text")
    declare("common.AuditLink", nothing={"previous hash": "hashes of the log"})
    declare(
        "common.AuditCheck",
        persons="asked_by",
        nothing={"head problems signature public_key": "hashes of the log, and places in it"},
    )
    for label in ("auth.Permission", "auth.Group", "auth.Group_permissions", "contenttypes.ContentType"):
        declare_empty(label, "names of rights and tables, which come with the program")
    declare("accounts.User_groups", persons="user")
    declare("accounts.User_user_permissions", persons="user")
