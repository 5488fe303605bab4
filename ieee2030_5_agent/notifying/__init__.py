"""Notifications, as far as they need no network: which subscriptions a change is of interest to,
what they are told, and when. The adapter ``notifier`` carries it out.

Source: IEEE 2030.5-2018 Subscription/Notification.
"""
