"""Reports as papers: what each says is put together here once, and written as PDF and as DOCX from that."""
