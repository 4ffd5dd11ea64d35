package io.github.pgdispatch.samples.orders;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Another company, which knows nothing of our nodes and their deaths. It charges once for
 * each {@code Idempotency-Key}, and takes its time to answer.
 */
final class PaymentProvider implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(PaymentProvider.class);

	private final Map<String, String> receipts = new ConcurrentHashMap<>();

	private final AtomicInteger requests = new AtomicInteger();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final HttpServer server;

	private final Duration time;

	private PaymentProvider(HttpServer server, Duration time) {
		this.server = server;
		this.time = time;
		server.createContext("/charges", this::charge);
		server.setExecutor(this.threads);
		server.start();
	}

	/**
	 * Starts a provider.
	 * @param time between a charge and its answer, so that the caller can be killed
	 */
	static PaymentProvider start(Duration time) {
		try {
			return new PaymentProvider(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0),
					time);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	String url() {
		return "http://localhost:" + this.server.getAddress().getPort();
	}

	/**
	 * Returns the number of requests.
	 */
	int requests() {
		return this.requests.get();
	}

	/**
	 * Returns the number of charges, of which there is one for each key.
	 */
	int charges() {
		return this.receipts.size();
	}

	private void charge(HttpExchange request) throws IOException {
		try (request) {
			String key = String.valueOf(request.getRequestHeaders().getFirst("Idempotency-Key"));
			String known = this.receipts.putIfAbsent(key, "R-" + (1000 + this.receipts.size()));
			logger.info((known == null) ? "The provider charges for the key {}"
					: "The provider has charged for the key {} before, and gives the same receipt", key);
			this.requests.incrementAndGet();
			Thread.sleep(this.time.toMillis());
			byte[] receipt = "{\"number\":\"%s\"}".formatted(this.receipts.get(key)).getBytes(StandardCharsets.UTF_8);
			request.getResponseHeaders().set("Content-Type", "application/json");
			request.sendResponseHeaders(200, receipt.length);
			request.getResponseBody().write(receipt);
		}
		catch (IOException ex) {
			logger.info("The provider has nobody to give the receipt to");
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.threads.shutdownNow();
	}

}
