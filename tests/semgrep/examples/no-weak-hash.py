hashlib.md5(data)  # bad
hashlib.sha1(data)  # bad
hashlib.new("md5", data)  # bad
hashlib.md5(data, usedforsecurity=False)  # good
hashlib.sha256(data)  # good
