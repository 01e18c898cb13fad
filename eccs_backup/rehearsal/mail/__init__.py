"""Practice mailboxes, and the two services that show them: Gmail's API and its IMAP."""
