package io.github.pgdispatch;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionSynchronizationUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link DispatchResult}.
 */
class DispatchResultTests {

	private static final Duration AT_ONCE = Duration.ZERO;

	private final Map<Long, CompletableFuture<JobResult>> waitedFor = new HashMap<>();

	private final JobResults results = (id) -> this.waitedFor.computeIfAbsent(id, (key) -> new CompletableFuture<>());

	@AfterEach
	void endTransaction() {
		if (TransactionSynchronizationManager.isSynchronizationActive()) {
			end(TransactionSynchronization.STATUS_ROLLED_BACK);
		}
	}

	private static void begin() {
		TransactionSynchronizationManager.initSynchronization();
		TransactionSynchronizationManager.setActualTransactionActive(true);
	}

	private static void end(int status) {
		TransactionSynchronizationUtils.triggerAfterCompletion(status);
		TransactionSynchronizationManager.clear();
	}

	private DispatchResult<String> handle() {
		return this.results.handle(7, (result) -> "value " + result.value());
	}

	private void ended(JobState state, String value, String message) {
		this.waitedFor.get(7L).complete(new JobResult(7, state, value, null, "22012", message, null));
	}

	@Test
	void hasTheValueAfterTheCommitAndTheEndOfTheJob() {
		begin();
		DispatchResult<String> handle = handle();
		assertThat(handle.id()).isEqualTo(7);
		assertThat(this.waitedFor).isEmpty();
		end(TransactionSynchronization.STATUS_COMMITTED);
		assertThat(handle.future()).isNotDone();
		ended(JobState.DONE, "1", null);
		assertThat(handle.future()).isCompletedWithValue("value 1");
		assertThat(handle.get(AT_ONCE)).isEqualTo("value 1");
	}

	@Test
	void failsAtOnceIfTheTransactionRollsBack() {
		begin();
		DispatchResult<String> handle = handle();
		end(TransactionSynchronization.STATUS_ROLLED_BACK);
		assertThatExceptionOfType(DispatchFailedException.class).isThrownBy(() -> handle.get(AT_ONCE))
			.withMessage("The transaction that dispatched job 7 has rolled back");
		assertThat(this.waitedFor).isEmpty();
	}

	@Test
	void waitsIfTheOutcomeOfTheTransactionIsNotKnown() {
		begin();
		DispatchResult<String> handle = handle();
		end(TransactionSynchronization.STATUS_UNKNOWN);
		this.waitedFor.get(7L).completeExceptionally(new NoSuchJobException(7));
		assertThatExceptionOfType(NoSuchJobException.class).isThrownBy(() -> handle.get(AT_ONCE));
	}

	@Test
	void waitsAtOnceWithoutATransaction() {
		DispatchResult<String> handle = handle();
		ended(JobState.DONE, "1", null);
		assertThat(handle.get(AT_ONCE)).isEqualTo("value 1");
	}

	@Test
	void failsWithTheErrorOfTheJob() {
		DispatchResult<String> handle = handle();
		ended(JobState.FAILED, null, "division by zero");
		assertThatExceptionOfType(DispatchFailedException.class).isThrownBy(() -> handle.get(AT_ONCE))
			.withMessage("Job 7 has failed: division by zero")
			.satisfies((ex) -> assertThat(ex.getSqlState()).isEqualTo("22012"))
			.satisfies((ex) -> assertThat(ex.getId()).isEqualTo(7));
		assertThat(handle.future()).isCompletedExceptionally();
	}

	@Test
	void failsIfTheJobWasCancelled() {
		DispatchResult<String> handle = handle();
		ended(JobState.CANCELLED, null, null);
		assertThatExceptionOfType(DispatchFailedException.class).isThrownBy(() -> handle.get(AT_ONCE))
			.withMessage("Job 7 was cancelled");
	}

	@Test
	void failsIfTheValueCannotBeRead() {
		DispatchResult<String> handle = this.results.handle(7, (result) -> {
			throw new IllegalArgumentException("unreadable");
		});
		ended(JobState.DONE, "1", null);
		assertThatIllegalArgumentException().isThrownBy(() -> handle.get(AT_ONCE)).withMessage("unreadable");
	}

	@Test
	void refusesToWaitInTheTransactionThatDispatched() {
		begin();
		DispatchResult<String> handle = handle();
		DispatchedInTransaction.add(handle.id());
		assertThatIllegalStateException().isThrownBy(() -> handle.get(Duration.ofDays(1)))
			.withMessageContaining("wait for ever");
	}

	@ParameterizedTest
	@MethodSource("waits")
	void refusesToWaitForAnyFutureInTheTransactionThatDispatched(Wait wait) {
		begin();
		DispatchResult<String> handle = handle();
		DispatchedInTransaction.add(handle.id());
		assertThatIllegalStateException().isThrownBy(() -> wait.on(handle.future()))
			.withMessageContaining("wait for ever");
		assertThat(handle.future().getNow("none")).isEqualTo("none");
		end(TransactionSynchronization.STATUS_COMMITTED);
		ended(JobState.DONE, "1", null);
		assertThatNoException().isThrownBy(() -> wait.on(handle.future()));
	}

	static List<Wait> waits() {
		return List.of(CompletableFuture::join, CompletableFuture::get, (future) -> future.get(1, TimeUnit.DAYS),
				(future) -> future.orTimeout(1, TimeUnit.DAYS).join(),
				(future) -> future.completeOnTimeout("late", 1, TimeUnit.DAYS).join(),
				(future) -> future.thenApply(String::length).join(),
				(future) -> future.thenApplyAsync(String::length).thenAccept((length) -> {
				}).get(), (future) -> future.handle((value, ex) -> 1).join(),
				(future) -> future.exceptionally((ex) -> "").join(),
				(future) -> future.thenCompose(CompletableFuture::completedFuture).join(),
				(future) -> future.thenCombine(CompletableFuture.completedFuture(1), String::repeat).join(),
				(future) -> future.copy().toCompletableFuture().join());
	}

	@Test
	void valueThatIsThereCanBeTakenInTheTransactionThatDispatched() {
		begin();
		DispatchResult<String> handle = handle();
		DispatchedInTransaction.add(handle.id());
		handle.future().complete("stand-in");
		assertThat(handle.future().join()).isEqualTo("stand-in");
	}

	@Test
	void endsWaitingAfterTheTimeout() {
		DispatchResult<String> handle = handle();
		assertThatExceptionOfType(DispatchTimeoutException.class).isThrownBy(() -> handle.get(Duration.ofMillis(1)))
			.withMessage("Job 7 has not ended within PT0.001S");
		assertThat(handle.future()).isNotDone();
		assertThatIllegalArgumentException().isThrownBy(() -> handle.get(Duration.ofMillis(-1)));
	}

	@Test
	void endsWaitingIfInterrupted() {
		DispatchResult<String> handle = handle();
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(DispatchTimeoutException.class)
			.isThrownBy(() -> handle.get(Duration.ofSeconds(Long.MAX_VALUE)))
			.withMessageContaining("Interrupted");
		assertThat(Thread.interrupted()).isTrue();
	}

	@Test
	void isWaitedForNoLongerIfItsFutureIsCancelled() {
		DispatchResult<String> handle = handle();
		handle.future().cancel(false);
		assertThat(this.waitedFor.get(7L)).isCancelled();
	}

	@Test
	void mayBeNoMoreThanAValue() {
		DispatchResult<String> value = DispatchResult.of("value");
		assertThat(value.get(AT_ONCE)).isEqualTo("value");
		assertThat(DispatchResult.of(null).get(AT_ONCE)).isNull();
		assertThatIllegalStateException().isThrownBy(value::id);
	}

	interface Wait {

		void on(CompletableFuture<String> future) throws Exception;

	}

}
