subprocess.run(f"ls {name}", shell=True)  # bad
os.system("ls")  # bad
os.popen("ls")  # bad
subprocess.run(["ls", name])  # good
subprocess.run(["ls", name], shell=False)  # good
