/** Bare @aws-sdk/client-s3: loops that put, and loops that get and read to the end. */
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ACCESS, BODY, BUCKET, checkBody, keyOf, OBJECTS_AT_ONCE } from "../../data/objects.ts";
import type { Program, Programs } from "../../program.ts";

async function each(count: number, step: (key: string) => Promise<void>): Promise<number> {
  const begun = performance.now();
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < count) await step(keyOf(next++));
  };
  await Promise.all(Array.from({ length: OBJECTS_AT_ONCE }, loop));
  return performance.now() - begun;
}

function measured(program: (client: S3Client, count: number) => Promise<number>): Program {
  return async (count, url) => {
    const client = new S3Client({ ...ACCESS, endpoint: url });
    try {
      return await program(client, count);
    } finally {
      client.destroy();
    }
  };
}

async function putAll(client: S3Client, count: number): Promise<number> {
  return each(count, async (key) => {
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: BODY }));
  });
}

export const programs: Programs = {
  "s3-put": measured(putAll),
  "s3-get": measured(async (client, count) => {
    await putAll(client, count);
    return each(count, async (key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
      if (Body !== undefined) checkBody(await Body.transformToByteArray());
    });
  }),
};
