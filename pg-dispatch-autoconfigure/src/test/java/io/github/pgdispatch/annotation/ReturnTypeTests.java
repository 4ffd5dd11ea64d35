package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.JobResult;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.handler.LosslessMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ReturnType} and {@link ResultHandle}.
 */
class ReturnTypeTests {

	private static final String ROWS = "[{\"profile_id\":1},{\"profile_id\":2}]";

	private static ReturnType type(String method, boolean hasCommand) {
		return ReturnType.of(ReflectionUtils.findMethod(Methods.class, method), Methods.class, hasCommand);
	}

	private static Object returned(String method, boolean hasCommand, String value) {
		JobResult result = new JobResult(7, JobState.DONE, value, 2L, null, null, null);
		JobResults results = (id) -> CompletableFuture.completedFuture(result);
		PgDispatchTemplate template = mock(PgDispatchTemplate.class);
		given(template.dispatch(any())).willReturn(7L);
		return ResultHandle.of(type(method, hasCommand), () -> results, () -> LosslessMapper.of(new JsonMapper()))
			.dispatch(Dispatch.sql("SELECT 1"), template);
	}

	private static Object value(String method, boolean hasCommand, String value) {
		return ((CompletableFuture<?>) returned(method, hasCommand, value)).join();
	}

	@Test
	void nothingIsReturnedForVoid() {
		assertThat(type("nothing", true).value()).isNull();
		assertThat(returned("nothing", true, null)).isNull();
	}

	@Test
	void futureOrHandleIsReturned() {
		assertThat(returned("text", true, ROWS)).isInstanceOf(CompletableFuture.class);
		assertThat(returned("handle", false, "\"a\"")).isInstanceOfSatisfying(DispatchResult.class, (handle) -> {
			assertThat(handle.id()).isEqualTo(7);
			assertThat(handle.get(Duration.ZERO)).isEqualTo("a");
		});
	}

	@Test
	void valueOfSqlIsItsRowsOrTheirNumber() {
		assertThat(value("count", true, null)).isEqualTo(2L);
		assertThat(value("none", true, null)).isNull();
		assertThat(value("text", true, ROWS)).isEqualTo(ROWS);
		assertThat(value("json", true, ROWS)).isInstanceOf(JsonNode.class).hasToString(ROWS);
		assertThat(value("maps", true, ROWS)).isEqualTo(List.of(Map.of("profile_id", 1), Map.of("profile_id", 2)));
		assertThat(value("profiles", true, ROWS)).isEqualTo(List.of(new Profile(1), new Profile(2)));
	}

	@Test
	void onlyTheNumberOfRowsIsKeptIfThatIsEnough() {
		assertThat(type("count", true).isRowCount()).isTrue();
		assertThat(type("none", true).isRowCount()).isTrue();
		assertThat(type("text", true).isRowCount()).isFalse();
		assertThat(type("count", false).isRowCount()).isFalse();
		assertThat(type("count", false).value()).isNotNull();
	}

	@Test
	void valueOfAMethodIsWhatItReturned() {
		assertThat(value("count", false, "5")).isEqualTo(5L);
		assertThat(value("text", false, "\"a\"")).isEqualTo("a");
		assertThat(value("none", false, "null")).isNull();
		assertThat(value("profile", false, "{\"profileId\":1}")).isEqualTo(new Profile(1));
		assertThat(value("profile", false, "null")).isNull();
		assertThat(value("profile", false, null)).isNull();
	}

	@Test
	void typeVariablesAreThoseOfTheBean() {
		assertThat(type("generic", false).value()).isEqualTo(Profile.class);
	}

	@ParameterizedTest
	@ValueSource(strings = { "number", "future", "raw", "wildcard" })
	void whatACallCannotReturnIsRefused(String method) {
		assertThatIllegalArgumentException().isThrownBy(() -> type(method, false))
			.withMessageStartingWith("The method must");
	}

	@ParameterizedTest
	@ValueSource(strings = { "profile", "map", "bool" })
	void whatRowsAreNotIsRefused(String method) {
		assertThatIllegalArgumentException().isThrownBy(() -> type(method, true))
			.withMessageStartingWith("The value of SQL is the number of its rows");
	}

	interface Generic<T> {

		CompletableFuture<T> generic();

	}

	interface Methods extends Generic<Profile> {

		void nothing();

		CompletableFuture<Long> count();

		CompletableFuture<Void> none();

		CompletableFuture<String> text();

		DispatchResult<String> handle();

		CompletableFuture<JsonNode> json();

		CompletableFuture<List<Map<String, Integer>>> maps();

		CompletableFuture<List<Profile>> profiles();

		CompletableFuture<Profile> profile();

		CompletableFuture<Map<String, String>> map();

		DispatchResult<Boolean> bool();

		int number();

		Future<String> future();

		@SuppressWarnings("rawtypes")
		CompletableFuture raw();

		DispatchResult<?> wildcard();

	}

	record Profile(long profileId) {

	}

}
