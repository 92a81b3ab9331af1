/**
 * Secrets of programs and people. What is stored cannot be used to log in: of a token its SHA-256, which needs no salt
 * since the token is 256 random bits; of a password its scrypt hash with salt and cost.
 */
import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { httpLimits } from "../limits.ts";

/** The prefix lets scanners of source code and logs find a token that was left lying about. */
export const newSecret = (): string => `trunkline_${randomBytes(httpLimits.secretBytes).toString("base64url")}`;

export const hashOfSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

const { scryptCost, scryptBlockSize, scryptParallel, scryptSaltBytes, scryptHashBytes } = httpLimits;

/** `scrypt$N$r$p$salt$hash`, so that the cost can be raised without locking anybody out. */
export async function hashOfPassword(password: string): Promise<string> {
  const salt = randomBytes(scryptSaltBytes);
  const hash = await derive(password, salt, scryptCost, scryptBlockSize, scryptParallel);
  return storedForm(salt, hash);
}

export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, cost, blockSize, parallel, salt, hash] = stored.split("$");
  const expected = Buffer.from(hash ?? "", "base64url");
  const found = await derive(
    password,
    Buffer.from(salt ?? "", "base64url"),
    Number(cost),
    Number(blockSize),
    Number(parallel),
  );
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** The stored form of a password that nobody has: checking against it costs what any check costs. */
export const nobodysPassword = (): string => storedForm(randomBytes(scryptSaltBytes), randomBytes(scryptHashBytes));

const storedForm = (salt: Buffer, hash: Buffer): string =>
  ["scrypt", scryptCost, scryptBlockSize, scryptParallel, salt.toString("base64url"), hash.toString("base64url")].join(
    "$",
  );

async function derive(password: string, salt: Buffer, N: number, r: number, p: number): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    // Unicode has several spellings of one character; a keyboard decides which one is sent (RFC 8265, section 4).
    const text = password.normalize("NFC");
    scrypt(text, salt, scryptHashBytes, { N, r, p, maxmem: httpLimits.scryptMemoryBytes }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
