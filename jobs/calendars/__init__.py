"""What calendars are told of interviews: iCalendar objects (RFC 5545, 5546) and the mail that brings them."""
