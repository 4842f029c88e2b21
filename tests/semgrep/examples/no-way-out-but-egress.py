import requests  # bad
import urllib.request  # bad
from urllib.request import urlopen  # bad
import httpx  # bad
import socket  # bad
import smtplib  # bad
from http.client import HTTPSConnection  # bad
from urllib.parse import urlsplit  # good
from hrassist.lib import egress  # good
from http import HTTPStatus  # good
