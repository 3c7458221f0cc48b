"""Which webhooks each vendor would send for what happened: one file per vendor, a list of deliveries out.

Every file has `deliveries(world, chance)`: all deliveries of the world, those of the days ahead included, in no
particular order.
"""
