"""The database inside the embedded PostgreSQL."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from psycopg2 import errors, sql

from local.postgres import DATABASE, SUPERUSER, Postgres

logger = logging.getLogger(__name__)


def create_database(server: Postgres) -> None:
    """Make our database if there is none, with pgvector where the wheel brings it."""
    with _cursor(server, "postgres") as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone():
            return
    with _cursor(server, "template1") as cursor:  # every database made later, test databases too, has it then
        try:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except (errors.UndefinedFile, errors.FeatureNotSupported):
            logger.warning("This PostgreSQL has no pgvector: search by meaning will be slower.")
    with _cursor(server, "postgres") as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


@contextmanager
def _cursor(server: Postgres, database: str) -> Iterator[Any]:
    with closing(psycopg2.connect(host=str(server.sockets), user=SUPERUSER, dbname=database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
