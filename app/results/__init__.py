"""The page Results: everything that was answered, in chats and runs; votes; batch runs begun and watched."""
