package io.github.pgdispatch.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.test.context.TestPropertySource;

/**
 * A test class in which jobs are dispatched as ever, but run only when the test says so:
 * the workers of its application are switched off, and there is a bean
 * {@link DispatchedJobs}. To be added to {@code @SpringBootTest}, or to a slice such as
 * {@code @JdbcTest} or {@code @DataJpaTest}, which imports the beans whose methods it
 * calls, and uses PostgreSQL.
 *
 * <pre class="code">
 * &#64;JdbcTest
 * &#64;AutoConfigurePgDispatch
 * &#64;Import({ ProfileService.class, SignUpSideEffects.class })
 * class ProfileServiceTests {
 *
 *     &#64;Test
 *     void remindsAfterThreeDays(&#64;Autowired ProfileService profiles, &#64;Autowired DispatchedJobs jobs) {
 *         profiles.signUp(new NewProfile("Ada", "ada@example.com"));
 *         jobs.run();
 *         assertThat(jobs).containsHandler("signUpSideEffects.remind").dueAfter(Duration.ofDays(3));
 *         jobs.advanceTime(Duration.ofDays(3)).run();
 *         assertThat(...);
 *     }
 *
 * }
 * </pre>
 *
 * <p>
 * Others may still run what a test commits: pg_cron, where the database has it and its
 * workers, and applications of the same role on the same database, such as that of
 * another test class without this annotation.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
@TestPropertySource(properties = { "pgdispatch.worker.enabled=false", "pgdispatch.driver=application" })
public @interface AutoConfigurePgDispatch {

}
