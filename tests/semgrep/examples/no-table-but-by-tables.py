csv.writer(file)  # bad
csv.DictWriter(file, ["a"])  # bad
openpyxl.Workbook()  # bad
tablib.Dataset()  # bad
csv.reader(file)  # good
tables.sheet(path, header)  # good
