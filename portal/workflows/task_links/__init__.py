"""Links that lead a supplier's contact to a task without an account.

Looking at a link changes nothing, however often. A button has a code sent to the address on file; the code
opens a session that reaches that one task. Signing and changing accounts need a real sign-in.
"""
