"""How people prove who they are: what passwords must be and become, and the forms of second factors."""

# scrypt (N=2^14, r=8, p=5, as OWASP lists it): harder on attackers' memory than PBKDF2, and quicker for us.
HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

PASSWORD_RULES = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

SECOND_FACTOR_FORMS = {
    "authenticate": "accounts.code_forms.CodeForm",
    "reauthenticate": "accounts.code_forms.ConfirmCodeForm",
    "add_webauthn": "accounts.key_forms.AddKeyForm",
    "edit_webauthn": "accounts.key_forms.EditKeyForm",
    "signup_webauthn": "accounts.key_forms.SignupKeyForm",
}
