import xml.etree.ElementTree  # bad
from xml.etree import ElementTree  # bad
from xml.etree.ElementTree import fromstring  # bad
from lxml import etree  # bad
from xml.dom import minidom  # bad
from xml.etree.ElementTree import Element  # good
from defusedxml.ElementTree import fromstring as read  # good
