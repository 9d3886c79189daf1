"""Do the migrations build what the models say? `python -m tools.check_migrations`."""

import sys
import tempfile

from alembic import command
from alembic.util import CommandError

from app.kernel import migrating


def main() -> None:
    """Migrate an empty SQLite database and compare; ends with the differences, if any."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/empty.db"
        migrating.upgrade(url)
        try:
            command.check(migrating.config(url))
        except CommandError as difference:
            sys.exit(f"The models and the migrations differ. {difference}")


if __name__ == "__main__":
    main()
