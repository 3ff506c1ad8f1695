#!/bin/sh
# Writes the secrets that docker-compose.yml names, each random, readable by you and the containers only.
# Existing ones are left alone.
set -eu
cd "$(dirname "$0")/.."
mkdir -p secrets
chmod 711 secrets
make() { [ -s "secrets/$1" ] || { printf '%s' "$2" > "secrets/$1"; chmod 644 "secrets/$1"; echo "wrote secrets/$1"; }; }
random() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }
word() { head -c 24 /dev/urandom | base64 | tr -dc 'A-Za-z0-9'; }
make secret_key "$(random)"
make vault_key "$(random)"
make postgres_password "$(word)"
make redis_password "$(word)"
make database_url "postgresql://manyhands:$(cat secrets/postgres_password)@postgres:5432/manyhands"
make redis_url "redis://:$(cat secrets/redis_password)@redis:6379/0"
