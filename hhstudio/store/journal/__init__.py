"""The journal beside a session: CRC-framed records, its header, replay and lock."""
