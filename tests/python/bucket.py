"""A bucket as S3 has it, in memory: prints "ready ADDRESS" when it is there. Anyone may read it.

usage: bucket.py PORT NAME
"""

import json
import sys
import threading

import boto3
from moto.server import ThreadedMotoServer

port, name = int(sys.argv[1]), sys.argv[2]
server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
server.start()
host, port = server.get_host_and_port()
address = f"http://{host}:{port}"
credentials = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests", "region_name": "us-east-1"}
bucket = boto3.client("s3", endpoint_url=address, **credentials)
bucket.create_bucket(Bucket=name)
everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
bucket.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everyone]}))
print(f"ready {address}", flush=True)
threading.Event().wait()
