datetime.now()  # bad
datetime.utcnow()  # bad
date.today()  # bad
datetime.fromtimestamp(seconds)  # bad
datetime.now(tz=UTC)  # good
datetime.fromtimestamp(seconds, tz=UTC)  # good
timezone.now()  # good
timezone.localdate()  # good
