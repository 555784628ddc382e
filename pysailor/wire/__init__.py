"""The protocol without a wire: what stands in the bytes and headers, and nothing that moves them.

No sockets, no clocks, no environment: the time and fresh ids are handed in.

json_text    JSON, as the sailors in JavaScript write and read it
json_fault   where a text stops being JSON, in words for who wrote it
cipher       JSON to content and back: AES and base64
headers      what a delivery's headers say, and the headers that go out in answer
envelope     what a transport carries: a delivery, a publish
codec        a delivery's content to a Message; an event to a Publish
error_message  the content of an error message, written and read
rebound      the same message again, later
passthrough  what travels along from earlier steps, and which bodies live in the object storage
"""
