logger.warning(f"no mail to {user.email}")  # bad
logger.error("no mail to %s" % user.email)  # bad
logging.info("no mail to {}".format(user.email))  # bad
logger.warning("no mail to user %s", user.pk)  # good
logger.warning(f"nothing is put in")  # good
