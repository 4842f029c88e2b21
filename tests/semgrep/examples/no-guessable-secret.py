import random  # bad
from random import choice  # bad
import secrets  # good
from secrets import choice as choose  # good
