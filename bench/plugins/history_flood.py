"""As many bytes of readings as a poll may give, in texts that are new each time: 60 sensors of 15 kB."""
count = 0


def poll():
    """About a megabyte as JSON."""
    global count
    count += 1
    return [{"sensor_id": f"flood-{number}", "text": f"{count:015}" * 1000} for number in range(60)]
