yaml.load(text)  # bad
yaml.unsafe_load(text)  # bad
yaml.load(text, Loader=yaml.Loader)  # bad
yaml.safe_load(text)  # good
