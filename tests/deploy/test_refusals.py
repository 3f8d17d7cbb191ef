"""What the chart refuses, by its schema or by templates/checks.yaml: each with what is said. And what is near it, and is taken."""

from __future__ import annotations

import pytest
from conftest import FROM_OUTSIDE, LOGS, TO_OUTSIDE, WORKER

JOB = ("bulk.job.enabled=true",)
INGRESS = ("ingress.enabled=true", *FROM_OUTSIDE)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (["terminationGracePeriodSeconds=42"], "has to be at least 43"),
        (["preStopSleepSeconds=20"], "terminationGracePeriodSeconds is 45"),
        (["service.drainTimeoutMs=31999"], "has to be at least 32000"),
        (["service.requestTimeoutMs=60000"], "service.drainTimeoutMs is 33000"),
        (["service.inferenceTimeoutMs=30001"], "longer than requestTimeoutMs"),
        (["autoscaling.minReplicas=11"], "autoscaling.minReplicas is 11"),
        (["autoscaling.gpuMemoryPercent=80"], "profile is cpu"),
        (["service.deepHealthPeriodS=0"], "service.readyNeedsDeepHealth is true"),
        (["service.deepHealthPeriodS=0", "service.readyNeedsDeepHealth=false"], "probe.enabled is true"),
        (["probe.port=8000"], "probe.port is 8000"),
        (["probe.port=7860"], "probe.port is 7860"),
        (["autoscaling.kind=keda", "autoscaling.maxReplicas=5"], "fallbackReplicas is 6, and maxReplicas 5"),
        *(
            (["autoscaling.kind=keda", "profile=gpu", f"autoscaling.{name}=4"], f"autoscaling.{name} is 4")
            for name in ("meanLatencySeconds", "requestsInProgress", "gpuMemoryPercent")
        ),
        *(
            ([*model, *TO_OUTSIDE, "service.env[0].name=XDG_DATA_HOME"], "service.env has XDG_DATA_HOME")
            for model in (("model.source=pull", "model.name=m"), ("model.source=pvc", "model.path=/models/m"))
        ),
        (["ingress.enabled=true"], "ingress.enabled is true, and networkPolicy.ingressFrom is []"),
        (["httpRoute.enabled=true"], "httpRoute.enabled is true, and networkPolicy.ingressFrom is []"),
        (["kubernetesService.type=LoadBalancer"], "type is LoadBalancer, and networkPolicy.ingressFrom is []"),
        (["kubernetesService.type=NodePort"], "type is NodePort, and networkPolicy.ingressFrom is []"),
        (["model.source=pull", "model.name=m"], "model.source is pull, and networkPolicy.egress is []"),
        (["bulk.worker.enabled=true"], "bulk.worker.enabled is true, and networkPolicy.egress is []"),
        (["probe.webhookSecret=chat"], "probe.webhookSecret is chat, and networkPolicy.egress is []"),
        ([*LOGS, "logs.sidecar.outputs[0].name=loki"], "outputs has loki, and networkPolicy.egress is []"),
        (["model.source=pvc"], "model.path has to name"),
        (["model.source=pull"], "model.name has to be"),
        (["podDisruptionBudget.maxUnavailable=0"], "no node could ever be drained"),
        ([*WORKER, "bulk.worker.jobsUrlSecret="], "bulk.worker.jobsUrlSecret"),
        ([*JOB, "bulk.job.completions=1", "bulk.job.maxFailedIndexes=2"], "maxFailedIndexes is 2, and bulk.job.completions 1"),
        ([*JOB, "bulk.job.claim="], "bulk.job.enabled needs bulk.job.claim"),
        # Within the rules of Kubernetes, whatever the others are.
        *(
            ([*JOB, f"bulk.job.{name}={value}"], f"/bulk/job/{name}")
            for name, value in (("completions", 100001), ("parallelism", 10001), ("maxFailedIndexes", 100001))
        ),
        *(
            ([*JOB, f"bulk.job.{name}=null"], f"missing property '{name}'")
            for name in ("completions", "parallelism", "backoffLimitPerIndex", "maxFailedIndexes")
        ),
        ([*LOGS, "logs.sidecar.outputs=null"], "fluent-bit would read the log and send it nowhere"),
        ([*LOGS, "logs.fileMiB=21"], "logs.sizeLimitMiB is 96, and has to be at least 100"),
        ([*LOGS, "service.logLevel=off"], "there would be no line to send"),
        ([*LOGS, "service.env[0].name=LOG_DIR", "service.env[0].value=/tmp"], "service.env has LOG_DIR"),
        (["service.env[0].name=DRAIN_TIMEOUT_MS", "service.env[0].value=1"], "service.env has DRAIN_TIMEOUT_MS"),
        (["service.env[0].name=HOST", "service.env[0].value=127.0.0.1"], "service.env has HOST"),
        (["service.env[0].name=API_KEYS_FOR_PROBES", "service.env[0].value=true"], "the kubelet's probes send no key"),
        (["service.env[0].name=DECODE", "service.env[1].name=A", "service.env[2].name=DECODE"], "service.env has DECODE twice"),
        ([*WORKER, "service.env[0].name=JOBS_URL"], "service.env has JOBS_URL, which bulk.worker.enabled"),
        *(
            ([*JOB, f"service.env[0].name={name}"], f"service.env has {name}, which bulk.job.enabled")
            for name in ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS")
        ),
        (["service.env[0].value=fast"], "missing property 'name'"),
        (["service.env[0].name=4"], "/service/env/0/name': got number, want string"),
        (["service.env[0].name=A", "service.env[0].value[0]=b"], "/service/env/0/value"),
        (["service.env[0].name=A", "service.env[0].valueFrom.x.y=b", "service.env[0].value=c"], "/service/env/0"),
        (["resources.requests.cpu=2500m"], "resources.requests.cpu is 2500m, more than resources.limits.cpu (2)"),
        (["--set-json=resources.requests.cpu=2.1"], "resources.requests.cpu is 2.1, more than"),
        (["resources.limits.memory=0.5Gi"], "resources.requests.memory is 768Mi, more than resources.limits.memory"),
        (["resources.limits.memory=700M"], "resources.requests.memory is 768Mi, more than resources.limits.memory"),
        (["resources.limits.memory=805306367"], "more than resources.limits.memory (805306367)"),
        (["probe.resources.requests.memory=49Mi"], "probe.resources.requests.memory is 49Mi, more than"),
        (["logs.sidecar.resources.limits.cpu=9m"], "logs.sidecar.resources.requests.cpu is 10m, more than"),
        (["resources.limits.cpu=-1"], "/resources/limits/cpu"),
        ([*WORKER, "bulk.worker.replicas=11"], "bulk.worker.maxReplicas is 10"),
        *(([f"autoscaling.loadRatio={none}"], f"autoscaling.loadRatio is {none}:") for none in ("0.0", "0m")),
        (["autoscaling.meanLatencySeconds=0"], 'autoscaling.meanLatencySeconds is 0: an autoscaler\'s target'),
        (["autoscaling.requestsInProgress=-1"], '"" leaves the metric out'),
        (["bulk.worker.pendingPerWorker=0"], "bulk.worker.pendingPerWorker is 0"),
        *(
            ([f"--set-json=autoscaling.behavior.{way}.policies=[]"], f"autoscaling.behavior.{way}.policies is []")
            for way in ("scaleUp", "scaleDown")
        ),
        (["kubernetesService.webPort=8000"], "kubernetesService.port and webPort are both 8000"),
        (["kubernetesService.externalTrafficPolicy=Local"], "takes it with NodePort or LoadBalancer only"),
        *(
            ([f"kubernetesService.type={kind}", f"kubernetesService.{value}", *FROM_OUTSIDE], "with LoadBalancer only")
            for kind in ("ClusterIP", "NodePort")
            for value in ("loadBalancerClass=mine", "loadBalancerSourceRanges[0]=192.0.2.0/24")
        ),
        ([*INGRESS, "ingress.host=", "ingress.tlsSecret=x"], "ingress.tlsSecret is x, and ingress.host is empty"),
        (["priorityClass.create=true"], "priorityClass.create needs priorityClass.name"),
        (["priorityClass.create=true", "priorityClass.name=system-docs"], "priorityClass.name is system-docs"),
        *(([f"priorityClass.name={name}"], "/priorityClass/name") for name in ("Docs_1", "docs-", ".docs", "d" * 254)),
        (["kubernetesService.loadBalancerSourceRanges[0]=me"], "/kubernetesService/loadBalancerSourceRanges/0"),
        ([r"podLabels.app\.kubernetes\.io/name=mine"], "podLabels has app.kubernetes.io/name"),
        *(
            ([f"model.source={source}", "model.name=m", "model.path=/m", *TO_OUTSIDE], f"model.source is {source}")
            for source in ("embedded", "pull", "pvc", "image")
        ),
        (["profile=gpu", "service.device=cpu"], "the pod's GPU would idle"),
        *(([f"service.device={device}"], "pods get no GPU") for device in ("gpu", "gpu:0")),
        (["profile=gpu", "service.device=gpu:1"], "service.device is gpu:1: a pod has one GPU"),
        (["profile=gpu", "gpu.count=2"], "a process serves one GPU"),
        (["podDisruptionBudget.maxUnavailable=0%"], "no node could ever be drained"),
        *(([f"podDisruptionBudget.maxUnavailable={one}"], "maxUnavailable") for one in ("101%", "5.5%", "some")),
        (["listenAddress=127.0.0.1"], "/listenAddress"),
        (["podSecurityContext.runAsUser=0"], "/podSecurityContext/runAsUser"),
        (["image.tag=a/b"], "/image/tag"),
        (["image.pullSecrets[0].secret=mine"], "/image/pullSecrets/0"),
        (["tolerations[0].key=busy", "tolerations[0].value=true"], "/tolerations/0/value': got boolean, want string"),
        (["gpu.tolerations[0].effect=NoWay"], "/gpu/tolerations/0/effect"),
        (["httpRoute.parentRefs[0].namespace=gateways"], "/httpRoute/parentRefs/0': missing property 'name'"),
        (["service.device=tpu"], "/service/device"),
        (["logs.files=1"], "/logs/files"),
        (["logs.sidecar.outputs[0].match=x"], "/logs/sidecar/outputs/0"),
        (["logs.sidecar.enable=true"], "enable"),
        (["readynessProbe.periodSeconds=1"], "readynessProbe"),
        (["service.slots=-1"], "/service/slots"),
        *(([f"rollingUpdate.maxSurge={surge}"], "/rollingUpdate/maxSurge") for surge in ("0", "0%", "101%", "some")),
        (["bulk.worker.pendingPerWorker="], "/bulk/worker/pendingPerWorker"),
        (["profile=tpu"], "/profile"),
        (["resources.limits.memory=lots"], "/resources/limits/memory"),
        (["image.digest=sha256:1"], "/image/digest"),
    ],
)
def test_refuses_what_contradicts_itself_or_is_misspelt(template, values, complaint):
    rendered = template(*values)

    assert rendered.returncode != 0
    assert complaint in rendered.stderr, rendered.stderr


@pytest.mark.parametrize(
    "values",
    [
        ["service.deepHealthPeriodS=0", "service.readyNeedsDeepHealth=false", "probe.enabled=false"],
        ["probe.enabled=false", "probe.port=8000", "probe.webhookSecret=chat"],
        ["autoscaling.kind=hpa", "autoscaling.maxReplicas=5"],
        ["autoscaling.kind=hpa", "autoscaling.requestsInProgress=4"],
        ["service.env[0].name=XDG_DATA_HOME", "service.env[0].value=/tmp"],
        [f"service.env[{place}].name={name}" for place, name in enumerate(("JOBS_URL", "JOB_COMPLETIONS", "A", "a"))],
        ["networkPolicy.enabled=false", "ingress.enabled=true", "model.source=pull", "model.name=m"],
        ["ingress.enabled=true", "kubernetesService.type=LoadBalancer", *FROM_OUTSIDE],
        [*LOGS, "model.source=pull", "model.name=m", "logs.sidecar.outputs[0].name=loki", *TO_OUTSIDE],
        ["resources.requests.cpu=2000m", "resources.requests.memory=1.5Gi"],
        ["resources.requests.cpu=8", "resources.limits.cpu=null"],
        ["--set-json=resources.limits.cpu=2.5", "--set-json=resources.requests.memory=1610612736"],
        ["bulk.worker.replicas=11"],
        ["bulk.job.completions=1", "bulk.job.maxFailedIndexes=2", "bulk.job.claim="],
        ["ingress.host=", "ingress.tlsSecret=x"],
        [*INGRESS, "ingress.host="],
        ["priorityClass.name=system-cluster-critical"],
        ["priorityClass.create=true", "priorityClass.name=docs.1-high"],
        [*JOB, "bulk.job.completions=2", "bulk.job.maxFailedIndexes=2", "bulk.job.parallelism=4"],
        [*JOB, "bulk.job.maxFailedIndexes=0", "bulk.job.backoffLimitPerIndex=0", "bulk.job.parallelism=0"],
        [*WORKER, "bulk.worker.replicas=11", "autoscaling.kind=none"],
        ["bulk.worker.enabled=true", "networkPolicy.enabled=false"],
        JOB,
        ["autoscaling.behavior.scaleUp.policies=null"],
        ["kubernetesService.webPort=8000", "kubernetesService.web=false"],
        ["kubernetesService.type=NodePort", "kubernetesService.externalTrafficPolicy=Local", *FROM_OUTSIDE],
        ["service.device=auto"],
        ["profile=gpu", "service.device=gpu:0"],
        ["profile=gpu", "gpu.nodeSelector=null", "gpu.tolerations=null", "nodeSelector=null"],
        *([f"{name}=null"] for name in ("affinity", "podLabels", "podAnnotations", "podSecurityContext")),
    ],
)
def test_takes_what_is_refused_beside_something_else(template, values):
    rendered = template(*values)

    assert rendered.returncode == 0, rendered.stderr
