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
 * Marks a test class in which jobs are dispatched as usual, but run only when the test
 * calls {@link DispatchedJobs#run()}. The workers of the application are switched off,
 * and a bean of type {@link DispatchedJobs} is added. Use this annotation together with
 * {@code @SpringBootTest}, or with a slice such as {@code @JdbcTest} or
 * {@code @DataJpaTest}. A slice has to use PostgreSQL and to import the beans whose
 * methods the test calls.
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
 * Jobs that a test commits can still be run by others: by the workers of pg_cron in the
 * database, and by applications that use the same database with the same role, such as
 * the application of another test class without this annotation.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
@TestPropertySource(properties = { "pgdispatch.worker.enabled=false", "pgdispatch.driver=application" })
public @interface AutoConfigurePgDispatch {

}
