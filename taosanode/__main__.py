"""``python -m taosanode COMMAND``: the same as the installed `taosanode`."""

import sys

from appliance.cli import main

sys.exit(main(["taosanode", *sys.argv[1:]]))
