"""
Has affnotifyd render CSV files of every form with formulas in every field, and reads them back:
read_back.py BUILD WORK NPM. Text must stay text: each reader sees the cells that were meant, and
LibreOffice no formula. A file without the guard shows that the readers would have seen one.
"""

import csv
import itertools
import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

BUILD, WORK, NPM = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
HERE = pathlib.Path(__file__).resolve().parent
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}
FORMULAS = ["=HYPERLINK(\"https://evil.example\";\"x\")", "+1+1", "-2+3", "@SUM(1)", "  =1+1", "\uff1d1+1"]
STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"
EMAILS = ["=1+1@example.com", "+49@example.com", "-2+3@example.com", "=cmd|x@example.com", "O'Neil+tag@example.com",
          "\u05d0\u05d1@example.com", "\u0639@example.com", "\u4f8b@example.com", "\uff1d1+1@example.com"]
LINKS = ["", "https://example.com/a,b;c", "https://example.com/" + 2000 * "x", "https://example.com/\u4f8b?=1+1"]
COLUMNS = "=Mail:email, -Link:deep_link, ID:affiliate_id, +When:occurred_at, @Status:status"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **options).stdout


def guarded(text):
    return ("'" if text.lstrip(" ")[:1] in STARTS and text.strip() else "") + text


def events():
    for number, (email, link) in enumerate(itertools.product(EMAILS, LINKS)):
        yield {"event": ("affiliate.created", "affiliate.deactivated")[number % 2], "email": email, "deep_link": link,
               "occurred_at": "2026-03-18T12:00:00.000Z"}


def meant():
    """The rows as whoever reads them should see them, without the affiliates' IDs."""
    heads = ["=Mail", "-Link", "+When", "@Status", *(f"=F{number}" for number in range(len(FORMULAS)))]
    yield [guarded(head) for head in heads]
    for one in events():
        status = "active" if one["event"].endswith("created") else "archived"
        yield [guarded(cell) for cell in (one["email"], one["deep_link"], one["occurred_at"], status, *FORMULAS)]


def render(name, delimiter, line_end, bom):
    fills = "\n".join(f"fill.f{number} = {formula if formula.strip() == formula else chr(34) + formula + chr(34)}"
                      for number, formula in enumerate(FORMULAS))
    columns = COLUMNS + "".join(f", =F{number}:fill" for number in range(len(FORMULAS)))
    config = WORK / f"{name}.ini"
    config.write_text(f"[bus]\nstate = {WORK}/state\n[sink:crm]\nplugin = csv\npath = {WORK}/crm.csv\nbatch = 1000\n"
                      f"show_header = yes\ncolumns = \"{columns}\"\ndelimiter = {delimiter}\nline_end = {line_end}\n"
                      f"bom = {bom}\n{fills}\n")
    answer = json.loads(run(BUILD / "bin/affnotifyd", "-c", config, "--render", "crm", "--events",
                            input="".join(json.dumps(one) + "\n" for one in events())))
    assert answer["ok"] and len(answer["messages"]) == 1, answer
    path = WORK / f"{name}.csv"
    path.write_bytes(answer["messages"][0]["text"].encode())
    return path


def without_id(rows):
    return [row[:2] + row[3:] for row in rows]


# ---- Readers ----


def by_python(path, delimiter):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file, delimiter=delimiter, strict=True))


def by_sqlite(path, delimiter):
    database = path.with_suffix(".db")
    row_end = "\\r\\n" if b"\r\n" in path.read_bytes() else "\\n"
    separator = "\\t" if delimiter == "\t" else delimiter
    run("sqlite3", database, input=f'.mode csv\n.separator "{separator}" "{row_end}"\n.import "{path}" t\n')
    rows = json.loads(run("sqlite3", "-json", database, "SELECT * FROM t"))
    return [[head.lstrip("\ufeff") for head in rows[0]], *(list(row.values()) for row in rows)]


def by_csv_parse(path, delimiter):
    return json.loads(run("node", HERE / "read.mjs", path, delimiter, cwd=NPM))


def by_libreoffice(path, delimiter):
    """The cells, and how many of them are formulas or numbers."""
    form = f"CSV:{ord(delimiter)},34,76,1,,0,false,true,false,false,false,0,true"
    run("soffice", "--headless", f"-env:UserInstallation=file://{WORK}/office", f"--infilter={form}", "--convert-to",
        "fods", "--outdir", path.parent, path)
    rows, live = [], 0
    for row in ElementTree.parse(path.with_suffix(".fods")).iter(f"{TABLE}table-row"):
        cells = []
        for cell in row.iter(f"{TABLE}table-cell"):
            live += cell.get(f"{TABLE}formula") is not None or cell.get(f"{OFFICE}value-type") not in (None, "string")
            text = "\n".join("".join(part.itertext()) for part in cell.iter(f"{TEXT}p"))
            cells += [text] * int(cell.get(f"{TABLE}number-columns-repeated", 1))
        rows.append(cells)
    return rows, live


def check_office(path, delimiter, expected):
    rows, live = by_libreoffice(path, delimiter)
    rows = [row[:len(expected[0]) + 1] for row in rows if any(row)]
    # A blank is shown as a mark of its own, and a moment is a date if it likes: what counts is that nothing runs.
    assert [row[0] for row in rows] == [row[0] for row in expected], "LibreOffice: addresses"
    assert [row[-1] for row in rows] == [row[-1] for row in expected], "LibreOffice: formulas"
    return live


def main():
    expected = list(meant())
    for delimiter, line_end, bom in itertools.product(DELIMITERS, LINE_ENDS, ("no", "yes")):
        path = render(f"{delimiter}-{line_end}-{bom}", delimiter, line_end, bom)
        for reader in (by_python, by_sqlite, by_csv_parse):
            if reader is by_sqlite and bom == "yes" and path.read_bytes()[3:4] == b'"':
                continue  # it takes the mark for a part of the first name
            got = without_id(reader(path, DELIMITERS[delimiter]))
            assert got == expected, f"{path.name} by {reader.__name__}: {next(x for x in zip(got, expected) if x[0] != x[1])}"
    print(f"{len(expected)} rows in 16 forms are read back by Python, SQLite and csv-parse")

    for delimiter in DELIMITERS:
        path = WORK / f"{delimiter}-crlf-yes.csv"
        live = check_office(path, DELIMITERS[delimiter], expected)
        moments = len(expected) - 1  # LibreOffice may take 2026-03-18T12:00:00.000Z for the moment that it is
        assert live in (0, moments), f"{path.name}: LibreOffice sees {live} cells that are no text"
    print("LibreOffice sees no formula in four of them")

    bare = WORK / "bare.csv"
    bare.write_text("a,b\r\n=1+1,+1\r\n")
    assert by_libreoffice(bare, ",")[1] > 0, "without the guard there is no formula either: the check checks nothing"
    print("without the guard it does")


main()
