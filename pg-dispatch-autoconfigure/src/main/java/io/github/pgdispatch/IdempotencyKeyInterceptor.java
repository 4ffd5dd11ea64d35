package io.github.pgdispatch;

import java.io.IOException;
import java.util.Set;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/**
 * Sends the {@linkplain DispatchContext#idempotencyKey idempotency key} of the current
 * step as {@code Idempotency-Key} with each {@code POST} and {@code PATCH}, which are the
 * methods that are not idempotent by themselves. A request that has such a header is left
 * as it is, and so is one that is sent outside of a step. Thread-safe.
 *
 * <p>
 * A bean of an application that has spring-web. It is not used unless it is added to a
 * client: <pre class="code">
 * RestClient payments(RestClient.Builder builder, IdempotencyKeyInterceptor idempotencyKeys) {
 * 	return builder.baseUrl("https://payments.example.com").requestInterceptor(idempotencyKeys).build();
 * }</pre>
 *
 * <p>
 * All requests of a step have the same key. A step should therefore send only one request
 * to a server that remembers keys.
 */
public final class IdempotencyKeyInterceptor implements ClientHttpRequestInterceptor {

	/**
	 * The name of the header.
	 */
	public static final String HEADER = "Idempotency-Key";

	private static final Set<HttpMethod> METHODS = Set.of(HttpMethod.POST, HttpMethod.PATCH);

	private final Supplier<@Nullable String> currentKey;

	/**
	 * Creates an interceptor.
	 * @param currentKey returns the idempotency key of the step that the current thread
	 * runs, or {@code null} if it runs none
	 */
	public IdempotencyKeyInterceptor(Supplier<@Nullable String> currentKey) {
		this.currentKey = currentKey;
	}

	@Override
	public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
			throws IOException {
		if (METHODS.contains(request.getMethod()) && !request.getHeaders().containsHeader(HEADER)) {
			String key = this.currentKey.get();
			if (key != null) {
				request.getHeaders().set(HEADER, key);
			}
		}
		return execution.execute(request, body);
	}

}
