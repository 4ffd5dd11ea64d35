package io.github.pgdispatch.handler;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.DispatchResult;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.ParameterizedTypeReference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ReturnValue}.
 */
class ReturnValueTests {

	private final LosslessMapper mapper = LosslessMapper.of(new JsonMapper());

	private ReturnValue of(ParameterizedTypeReference<?> type) {
		return new ReturnValue(type.getType(), this.mapper);
	}

	@Test
	void unwrapsWhatAMethodReturns() throws Throwable {
		assertThat(ReturnValue.unwrap("value")).isEqualTo("value");
		assertThat(ReturnValue.unwrap(null)).isNull();
		assertThat(ReturnValue.unwrap(DispatchResult.of("value"))).isEqualTo("value");
		assertThat(ReturnValue.unwrap(CompletableFuture.completedFuture("value"))).isEqualTo("value");
	}

	@Test
	void waitsForAFuture() throws Throwable {
		CompletableFuture<String> future = new CompletableFuture<>();
		CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS).execute(() -> future.complete("value"));
		assertThat(ReturnValue.unwrap(future)).isEqualTo("value");
	}

	@Test
	void throwsWhatAFutureHasFailedWith() {
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> ReturnValue.unwrap(CompletableFuture.failedFuture(new IOException("no"))));
	}

	@Test
	void isInterrupted() {
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InterruptedException.class)
			.isThrownBy(() -> ReturnValue.unwrap(new CompletableFuture<>()));
	}

	@Test
	void comesBackAsItWas() {
		ReturnValue value = of(new ParameterizedTypeReference<Map<String, Instant>>() {
		});
		Map<String, Instant> map = Map.of("then", Instant.EPOCH);
		assertThat(value.read(value.write(map))).isEqualTo(map);
		assertThat(value.read(value.write(null))).isNull();
	}

	@Test
	void readsRowsOfRecords() {
		ReturnValue rows = of(new ParameterizedTypeReference<List<Profile>>() {
		});
		assertThat(rows.readRows("""
				[{"profile_id": 1, "name": "a", "more": true}, {"profileId": 2, "name": null}]"""))
			.isEqualTo(List.of(new Profile(1, "a"), new Profile(2, null)));
		assertThat(rows.readRows("[]")).isEqualTo(List.of());
	}

	@Test
	void readsRowsOfOtherTypesWithTheirColumnsOnly() {
		String json = "[{\"profile_id\":1}]";
		assertThat(of(new ParameterizedTypeReference<List<Map<String, Integer>>>() {
		}).readRows(json)).isEqualTo(List.of(Map.of("profile_id", 1)));
		assertThat(of(new ParameterizedTypeReference<List<JsonNode>>() {
		}).readRows(json)).hasToString(json);
		assertThat(of(new ParameterizedTypeReference<JsonNode>() {
		}).readRows(json)).hasToString(json);
		assertThat((Profile[]) of(new ParameterizedTypeReference<Profile[]>() {
		}).readRows(json)).containsExactly(new Profile(1, null));
	}

	record Profile(long profileId, String name) {

	}

}
