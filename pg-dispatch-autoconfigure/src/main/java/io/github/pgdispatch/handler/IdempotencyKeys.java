package io.github.pgdispatch.handler;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * Derives the idempotency keys of steps.
 */
final class IdempotencyKeys {

	private IdempotencyKeys() {
	}

	/**
	 * Returns a UUID of version 8, which RFC 9562 leaves to applications.
	 */
	static String of(String database, long jobId, String step) {
		ByteBuffer hash = ByteBuffer.wrap(sha256(database + ' ' + jobId + ' ' + step));
		long high = (hash.getLong() & 0xffffffffffff0fffL) | 0x8000L;
		long low = (hash.getLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
		return new UUID(high, low).toString();
	}

	private static byte[] sha256(String text) {
		try {
			return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Each Java platform has SHA-256", ex);
		}
	}

}
