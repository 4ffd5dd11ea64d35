package io.github.pgdispatch;

import java.net.URI;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.http.HttpMethod;
import org.springframework.mock.http.client.MockClientHttpRequest;
import org.springframework.mock.http.client.MockClientHttpResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests {@link IdempotencyKeyInterceptor}.
 */
class IdempotencyKeyInterceptorTests {

	@Test
	void onlyRequestsThatAreNotIdempotentGetTheKey() throws Exception {
		IdempotencyKeyInterceptor interceptor = new IdempotencyKeyInterceptor(() -> "key");
		assertThat(sent(interceptor, HttpMethod.POST, null)).isEqualTo("key");
		assertThat(sent(interceptor, HttpMethod.PATCH, null)).isEqualTo("key");
		assertThat(sent(interceptor, HttpMethod.GET, null)).isNull();
		assertThat(sent(interceptor, HttpMethod.POST, "another")).isEqualTo("another");
		assertThat(sent(new IdempotencyKeyInterceptor(() -> null), HttpMethod.POST, null)).isNull();
	}

	private static @Nullable String sent(IdempotencyKeyInterceptor interceptor, HttpMethod method, @Nullable String key)
			throws Exception {
		MockClientHttpRequest request = new MockClientHttpRequest(method, URI.create("http://localhost"));
		if (key != null) {
			request.getHeaders().set(IdempotencyKeyInterceptor.HEADER, key);
		}
		interceptor.intercept(request, new byte[0], (executed, body) -> new MockClientHttpResponse(body, 200)).close();
		return request.getHeaders().getFirst(IdempotencyKeyInterceptor.HEADER);
	}

}
