"""Who appears in the practice worlds: one invented student, always the same, and the people around."""

from __future__ import annotations

from eccs_backup.rehearsal.things import Account

STUDENT = Account("yamada.hanako@g.example.ac.jp", "山田 花子", "100000000000000000001", "0AStudent-Root")
SECOND = Account("hanako.private@mail.example.com", "Hanako (private)", "100000000000000000002", "0ASecond-Root")
ADMIN = Account("admin@g.example.ac.jp", "情報基盤センター 管理者", "100000000000000000003", "0AAdmin-Root")
"""Who administers the student's domain."""
TEACHER = "suzuki.ichiro@g.example.ac.jp"
FRIEND = "tanaka.jiro@g.example.ac.jp"
