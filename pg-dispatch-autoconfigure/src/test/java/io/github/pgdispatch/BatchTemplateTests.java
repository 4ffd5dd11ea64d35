package io.github.pgdispatch;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.RecordingDataSource;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.testing.TestDispatchContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link Batch}, and for what {@link PgDispatchTemplate} does with batches.
 */
@PostgresTest
class BatchTemplateTests {

	private static final String JOB = "INSERT INTO public.effect VALUES (:job)";

	private final AtomicInteger commands = new AtomicInteger();

	private final AtomicInteger calls = new AtomicInteger();

	private List<String> statements;

	private Session session;

	private TransactionTemplate transaction;

	private PgDispatchTemplate template;

	private PgDispatchOperations operations;

	@BeforeEach
	void install(TestDatabase database) throws Exception {
		database.install("app");
		this.session = new Session(database, "app");
		this.session.run("CREATE TABLE public.effect (job text)");
		RecordingDataSource dataSource = new RecordingDataSource(
				new DriverManagerDataSource(database.url(), "app", ""));
		this.statements = dataSource.statements();
		JdbcTransactionManager transactionManager = new JdbcTransactionManager(dataSource);
		this.transaction = new TransactionTemplate(transactionManager);
		this.template = PgDispatchTemplate.builder(dataSource, transactionManager)
			.propagator(new Trace())
			.listener(new Counter(this.commands))
			.handlerListener(new Counter(this.calls))
			.build();
		this.operations = PgDispatchOperations.create(dataSource, transactionManager);
	}

	@AfterEach
	void close() throws Exception {
		this.session.close();
	}

	private static Dispatch job(Object name) {
		return Dispatch.sql(JOB, Map.of("job", name.toString()));
	}

	private long dispatch(Batch batch) {
		return this.transaction.execute((status) -> batch.dispatch());
	}

	private Batch batch() {
		return this.template.batch("import");
	}

	private BatchInfo find(long id) {
		return this.template.findBatch(id).orElseThrow();
	}

	private List<String> effects() throws Exception {
		return this.session.values("SELECT job FROM public.effect ORDER BY ctid");
	}

	@Test
	void continuationFollowsTheJobs() throws Exception {
		long id = dispatch(batch().add(job(1)).addAll(List.of(job(2), job(3))).then(job("then")));
		BatchInfo running = find(id);
		assertThat(running.name()).isEqualTo("import");
		assertThat(running.state()).isEqualTo(BatchState.RUNNING);
		assertThat(running.total()).isEqualTo(3);
		assertThat(running.endedAt()).isNull();
		assertThat(running.parent()).isNull();
		assertThat(running.onFailureId()).isNull();
		JobInfo then = this.template.find(running.thenId()).orElseThrow();
		assertThat(then.state()).isEqualTo(JobState.HELD);
		assertThat(then.dueAt()).isNull();
		assertThat(then.headers()).containsEntry("trace", "t");
		assertThat(this.operations.jobs(JobFilter.all()).jobs()).filteredOn((job) -> job.dueAt() == null).hasSize(1);
		this.session.work();
		assertThat(effects()).containsExactly("1", "2", "3", "then");
		BatchInfo done = find(id);
		assertThat(done.state()).isEqualTo(BatchState.DONE);
		assertThat(done.done()).isEqualTo(3);
		assertThat(done.endedAt()).isNotNull();
	}

	@Test
	void emptyBatchIsFollowedAtOnce() throws Exception {
		assertThat(find(dispatch(batch().then(job("then")))).state()).isEqualTo(BatchState.DONE);
		this.session.work();
		assertThat(effects()).containsExactly("then");
	}

	@Test
	void rollbackTakesTheBatchWithIt() throws Exception {
		this.transaction.executeWithoutResult((status) -> {
			batch().add(job(1)).then(job("then")).dispatch();
			status.setRollbackOnly();
		});
		this.session.work();
		assertThat(effects()).isEmpty();
		assertThat(this.operations.batches(false, null, 10).batches()).isEmpty();
		assertThatExceptionOfType(IllegalTransactionStateException.class).isThrownBy(() -> batch().dispatch());
	}

	@Test
	void manyJobsAreWrittenTogetherAndCountedForTheListener() throws Exception {
		long id = dispatch(
				batch().addAll(IntStream.range(0, 50_000).mapToObj((i) -> Dispatch.sql("SELECT " + i)).toList())
					.addAll(IntStream.range(0, 1000)
						.mapToObj((i) -> Dispatch.handler("h", "{\"i\":" + i + "}").maxAttempts(3))
						.toList())
					.add(Dispatch.sql("SELECT 1").key("a"))
					.add(Dispatch.sql("SELECT 1").orderingKey("a"))
					.then(job("then")));
		assertThat(this.statements).hasSizeBetween(3, 200);
		assertThat(find(id).pending()).isEqualTo(51_002);
		assertThat(this.commands).hasValue(50_003);
		assertThat(this.calls).hasValue(1000);
		assertThat(this.session.value("SELECT count(*) FROM pgdispatch.job WHERE headers ->> 'trace' = 't'"))
			.isEqualTo("50003");
		assertThat(this.session.values("SELECT arguments ->> 'i' FROM pgdispatch.handler_job ORDER BY id"))
			.isEqualTo(IntStream.range(0, 1000).mapToObj(Integer::toString).toList());
		assertThat(
				this.session.value("SELECT bool_and(max_attempts = 3) FROM pgdispatch.managed_job WHERE handler = 'h'"))
			.isEqualTo("t");
	}

	@Test
	void callsAreAddedToTheBatch() throws Exception {
		long id = dispatch(batch().addCalls(() -> {
			this.template.fire(JOB, Map.of("job", 1));
			this.template.fireAll(JOB, List.of(Map.of("job", 2), Map.of("job", 3)));
			this.template.dispatch(job(4).maxAttempts(2));
		}).then(job("then")));
		this.transaction.executeWithoutResult((status) -> this.template.fire(JOB, Map.of("job", "other")));
		assertThat(find(id).pending()).isEqualTo(4);
		this.session.work();
		assertThat(effects()).hasSize(6).endsWith("then");
		assertThat(find(id).done()).isEqualTo(4);
	}

	@Test
	void openBatchTakesJobsOfOtherTransactions() throws Exception {
		long id = this.transaction.execute((status) -> batch().add(job(1)).then(job("then")).open());
		this.session.work();
		assertThat(find(id).state()).isEqualTo(BatchState.OPEN);
		this.transaction.executeWithoutResult((status) -> this.template.fire(job(2).batch(id)));
		this.template.closeBatch(id);
		this.session.work();
		assertThat(effects()).containsExactly("1", "2", "then");
		assertThatExceptionOfType(DataAccessException.class)
			.isThrownBy(() -> this.transaction.execute((status) -> this.template.dispatch(job(3).batch(id))))
			.withMessageContaining("batch " + id + " has ended");
	}

	@Test
	void batchInABatch() throws Exception {
		long id = dispatch(batch().add(this.template.batch("inner").add(job(1)).then(job("after inner")))
			.onFailure(job("on failure"))
			.then(job("after outer")));
		BatchPage page = this.operations.batches(true, null, 1);
		assertThat(page.batches()).singleElement().satisfies((inner) -> {
			assertThat(inner.name()).isEqualTo("inner");
			assertThat(inner.parent()).isEqualTo(id);
		});
		assertThat(this.operations.batches(true, page.next(), 10).batches()).extracting(BatchInfo::id)
			.containsExactly(id);
		this.session.work();
		assertThat(effects()).containsExactly("1", "after inner", "after outer");
		assertThat(find(id).done()).isOne();
	}

	@Test
	void cancelsABatch() throws Exception {
		long id = dispatch(batch().add(job(1)).add(job(2).delay(Duration.ofHours(1))).then(job("then")));
		assertThat(this.template.cancelBatch(id)).isEqualTo(2);
		this.session.work();
		assertThat(effects()).isEmpty();
		assertThat(this.operations.batch(id)).hasValueSatisfying((batch) -> {
			assertThat(batch.state()).isEqualTo(BatchState.CANCELLED);
			assertThat(batch.cancelled()).isEqualTo(2);
			assertThat(batch.pending()).isZero();
		});
		assertThat(this.operations.cancelBatch(id)).isZero();
	}

	@Test
	void continuationKnowsWhatBecameOfTheJobs() throws Exception {
		long id = dispatch(batch().add(job(1)).add(Dispatch.sql("SELECT 1 / 0")).then(Dispatch.handler("h", "{}")));
		this.session.work();
		Map<String, String> headers = this.template.find(find(id).thenId()).orElseThrow().headers();
		assertThat(EndedBatch.of(headers)).contains(new EndedBatch(id, "import", 1, 1, 0));
		DispatchContext other = new TestDispatchContext();
		assertThat(other.endedBatch()).isEmpty();
		assertThat(other.batchId()).isEmpty();
	}

	@Test
	void whatCannotBeIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.template.batch(" "))
			.withMessageContaining("The name of the batch must not be blank");
		assertThatIllegalArgumentException().isThrownBy(() -> batch().then(job(1).delay(Duration.ofSeconds(1))))
			.withMessageContaining("A continuation has no delay");
		assertThatIllegalArgumentException().isThrownBy(() -> batch().keep(Duration.ofSeconds(-1)))
			.withMessageContaining("The time to keep the batch must not be negative");
		assertThatIllegalArgumentException().isThrownBy(() -> this.operations.batches(true, null, 0));
		Batch batch = batch();
		assertThatIllegalArgumentException().isThrownBy(() -> batch.add(batch));
		assertThat(this.template.findBatch(1)).isEmpty();
	}

	private record Counter(AtomicInteger jobs) implements DispatchListener {

		@Override
		public boolean isListening() {
			return false;
		}

		@Override
		public void committed(int fired, int snoozed) {
			this.jobs.addAndGet(fired);
		}

	}

	private static final class Trace implements DispatchPropagator {

		@Override
		public void inject(Map<String, String> headers) {
			headers.put("trace", "t");
		}

		@Override
		public Scope extract(DispatchContext context) {
			return () -> {
			};
		}

	}

}
