client.get(url, verify=False)  # bad
ssl._create_unverified_context()  # bad
context.check_hostname = False  # bad
context.verify_mode = ssl.CERT_NONE  # bad
ssl.create_default_context()  # good
client.get(url, verify=True)  # good
