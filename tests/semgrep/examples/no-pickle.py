import pickle  # bad
import marshal  # bad
from pickle import loads  # bad
numpy.load(path, allow_pickle=True)  # bad
numpy.load(path)  # good
import json  # good
