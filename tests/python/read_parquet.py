"""Prints what a reader of Parquet that is not ours finds in files: {"columns": {name: type}, "rows": [...]}, one JSON object a file.

usage: read_parquet.py FILE...
"""

import json
import sys

import duckdb

connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
for path in sys.argv[1:]:
    columns = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
    rows = connection.execute("SELECT to_json(whole_row) FROM read_parquet(?) AS whole_row", [path]).fetchall()
    print(json.dumps({
        "columns": {name: kind for name, kind, *_ in columns},
        "rows": [json.loads(row) for (row,) in rows],
    }))
