archive.extractall(folder)  # bad
archive.extract(name, folder)  # bad
shutil.unpack_archive(path, folder)  # bad
pipeline.extract(data, limits=limits)  # good
archive.infolist()  # good
